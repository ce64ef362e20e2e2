terraform {
  # No provider: everything here is computed from the resource files, and can be looked at without AWS.
  required_version = ">= 1.11"
}
