"""From received bytes to cases."""
