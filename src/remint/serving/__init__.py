"""What the issuer and the keeper's agent have in common as servers."""
