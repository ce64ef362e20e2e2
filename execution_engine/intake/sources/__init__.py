"""Where code comes from other than S3: git repositories, fetched by the git program."""
