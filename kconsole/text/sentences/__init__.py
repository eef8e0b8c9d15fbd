"""All sentences, by the codes of `core.codes`: a module for each subject."""
