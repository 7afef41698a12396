"""The texts beside a submission's archive: templates, and the references that they cite."""
