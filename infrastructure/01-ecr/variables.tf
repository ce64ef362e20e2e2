variable "region" {
  description = "The region of the repository, such as eu-central-1: Lambda takes images of its own region only."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be one of AWS's region codes, such as eu-central-1."
  }
}

variable "prefix" {
  description = "The name of the repository, and what the names of functions that take its images begin with."
  type        = string
  default     = "execution-engine"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.prefix))
    error_message = "The prefix must be 3 to 20 lower-case letters, digits and hyphens, must begin with a letter and must not end with a hyphen: S3 and IAM bound the names made from it."
  }
}

variable "tags" {
  description = "Further tags of everything."
  type        = map(string)
  default     = {}
}

variable "kept_images" {
  description = "How many images are kept; older ones go. What a function runs must be among them, or it can't be started again."
  type        = number
  default     = 30

  validation {
    condition     = var.kept_images >= 2
    error_message = "At least the last image and the one before must be kept."
  }
}

variable "s3_use_path_style" {
  description = "Whether buckets are named in the path, as an embedded AWS needs it."
  type        = bool
  default     = false
}
