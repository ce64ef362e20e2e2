terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # The state of this stack stays with whoever applies it: it makes the place for all other states. Lost, it is no
  # loss: the bucket is found by its name.
  backend "local" {}
}
