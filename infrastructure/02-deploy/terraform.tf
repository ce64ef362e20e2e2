terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # scripts/generate_backend.sh writes what is missing here: bucket, key, region, and the lock file.
  backend "s3" {}
}
