"""The pages: each makes one service call for what it shows, and draws it."""
