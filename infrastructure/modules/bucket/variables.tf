variable "bucket" {
  description = "One bucket of buckets.json, filled in; its policy as JSON, or null."
  type = object({
    name        = string
    expire_days = number
    notifications = list(object({
      id       = string
      function = string
      events   = list(string)
      prefix   = string
      suffix   = string
    }))
    policy = optional(string)
  })

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket.name))
    error_message = "A bucket's name must be 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "functions" {
  description = "The functions that notifications wake, by the keys that the notifications name."
  type        = map(object({ name = string, arn = string }))
  default     = {}
}

variable "account_id" {
  description = "The account of the bucket: S3 may wake the functions for this account's bucket only."
  type        = string
}

variable "tls_only" {
  description = "Whether requests without TLS are refused. The embedded AWS of one machine has no TLS."
  type        = bool
  default     = true
}
