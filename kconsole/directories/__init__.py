"""LDAP and Active Directory: where users of a domain are mapped from."""
