"""DProtoNet Review: the web application over the library."""
