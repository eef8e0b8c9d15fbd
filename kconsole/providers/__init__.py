"""Mail servers, each behind the protocol in `base`."""
