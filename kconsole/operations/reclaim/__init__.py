"""Frees seats of accounts that are not used, by a policy: first a plan with a reason for every account."""
