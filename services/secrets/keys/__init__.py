"""Key-encryption keys: in a keyset of this installation, or in a KMS that never gives them away."""
