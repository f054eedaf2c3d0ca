"""ProtoPNet before and after pruning, beside a plain network and a DProtoNet."""
