"""How far the axes of a concept network are what they are called."""
