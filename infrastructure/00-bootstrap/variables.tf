variable "region" {
  description = "The region of the state bucket, such as eu-central-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be one of AWS's region codes, such as eu-central-1."
  }
}

variable "prefix" {
  description = "What the bucket's name begins with, unless it is given."
  type        = string
  default     = "execution-engine"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.prefix))
    error_message = "The prefix must be 3 to 20 lower-case letters, digits and hyphens, must begin with a letter and must not end with a hyphen: S3 and IAM bound the names made from it."
  }
}

variable "bucket_name" {
  description = "The name of the state bucket; null for <prefix>-state-<account>-<region>."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "A bucket's name must be 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Further tags of everything."
  type        = map(string)
  default     = {}
}

variable "force_destroy" {
  description = "Whether the bucket goes with the states in it. Without them nothing that was made can be changed or torn down by Terraform."
  type        = bool
  default     = false
}

variable "tls_only" {
  description = "Whether the bucket refuses requests without TLS. false only for an embedded AWS, which has none."
  type        = bool
  default     = true
}

variable "s3_use_path_style" {
  description = "Whether buckets are named in the path, as an embedded AWS needs it."
  type        = bool
  default     = false
}
