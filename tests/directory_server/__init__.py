"""A real directory for tests: OpenLDAP's slapd with a certificate of its own, and people in it.

`planetexpress.ldif` is a public test directory for OpenLDAP by Rafael Römhild (github rroemhild/docker-test-openldap,
MIT licence, copyright 2016 Rafael Römhild); photos and passwords are left out, and entries of his for the root and
the services. All people are made up.
"""
