"""What those who run a server ask of it: does it live, is it ready, how is it doing."""
