variable "function" {
  description = "One function, as the module definitions says it."
  type = object({
    name              = string
    handler           = string
    timeout           = number
    memory            = number
    tmp               = number
    async_retries     = number
    recursive_loop    = string
    environment       = map(string)
    policy            = string
    policy_document   = string
    aws_only_document = string
  })

  validation {
    condition     = contains(["Allow", "Terminate"], var.function.recursive_loop)
    error_message = "recursive_loop must be Allow or Terminate."
  }

  validation {
    condition     = var.function.async_retries >= 0 && var.function.async_retries <= 2
    error_message = "Lambda tries an asynchronous invocation again at most twice."
  }
}

variable "trust" {
  description = "Who may take the function's role: a policy document as JSON."
  type        = string
}

variable "package" {
  description = "What the function runs: an image (type Image, image_uri), or a zip (type Zip, zip_path, runtime)."
  type = object({
    type         = string
    image_uri    = optional(string)
    zip_path     = optional(string)
    runtime      = optional(string)
    architecture = string
  })

  validation {
    condition     = contains(["Image", "Zip"], var.package.type)
    error_message = "The package's type must be Image or Zip."
  }

  validation {
    condition     = var.package.type == "Image" ? var.package.image_uri != null : var.package.zip_path != null && var.package.runtime != null
    error_message = "An Image needs an image_uri, a Zip a zip_path and a runtime."
  }
}

variable "dead_letter_queue_arn" {
  description = "The queue that takes what the function failed at, after its retries."
  type        = string
}

variable "reserved_concurrency" {
  description = "How many may run at once, taken out of the account's limit; -1 for no limit of its own."
  type        = number
  default     = -1

  validation {
    condition     = var.reserved_concurrency == -1 || var.reserved_concurrency > 0
    error_message = "Reserved concurrency must be -1 (none) or positive: with 0 the function would never run."
  }
}

variable "log_retention_days" {
  description = "How long the function's log is kept."
  type        = number
}
