"""Training one network: phases, checkpoints, calibration, export."""
