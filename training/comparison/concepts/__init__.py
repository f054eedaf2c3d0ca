"""A concept network beside one without concepts, and beside directions fitted afterwards."""
