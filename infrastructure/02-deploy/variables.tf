variable "region" {
  description = "The region everything is made in, such as eu-central-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be one of AWS's region codes, such as eu-central-1."
  }
}

variable "prefix" {
  description = "What every name begins with; another one makes another engine in the same account."
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

variable "package_type" {
  description = "What the functions run: Image (image_uri) or Zip (zip_path)."
  type        = string
  default     = "Image"

  validation {
    condition     = contains(["Image", "Zip"], var.package_type)
    error_message = "package_type must be Image or Zip."
  }
}

variable "image_uri" {
  description = "The engine's image in ECR, with its tag or digest. Functions and builds run it, unless said otherwise."
  type        = string
  default     = null

  validation {
    condition     = var.package_type == "Zip" || var.image_uri != null
    error_message = "package_type is Image, so image_uri must name the image; scripts/generate_tfvars.sh writes it down."
  }
}

variable "zip_path" {
  description = "A zip of the engine and its libraries for the functions, instead of an image."
  type        = string
  default     = null

  validation {
    condition     = var.package_type == "Image" || var.zip_path != null
    error_message = "package_type is Zip, so zip_path must name the file."
  }
}

variable "zip_runtime" {
  description = "Which Python of Lambda's runs the zip."
  type        = string
  default     = "python3.13"

  validation {
    condition     = can(regex("^python3\\.1[1-9]$", var.zip_runtime))
    error_message = "The engine needs Python 3.11 or newer, such as python3.13."
  }
}

variable "architecture" {
  description = "The processor that the image or zip is made for."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture must be x86_64 or arm64."
  }
}

variable "build_image" {
  description = "The image that CodeBuild runs; null for image_uri. With a zip there is none, so it must be named: any image with Python, git, the engine and its libraries."
  type        = string
  default     = null

  validation {
    condition     = var.build_image != null || var.image_uri != null
    error_message = "Without image_uri, build_image must name the image that builds run in."
  }
}

# What the next five and event_bus may be is checked where they are used, in modules/definitions.
variable "settings" {
  description = "The engine's optional settings by their whole names, such as AWS_EXE_SYS_GRACE = \"60\"."
  type        = map(string)
  default     = {}
}

variable "code_object_arns" {
  description = "ARNs (patterns allowed) of the objects that orders may name in s3_location, beside the engine's own uploads."
  type        = list(string)
  default     = []
}

variable "credential_parameter_arns" {
  description = "ARNs (patterns allowed) of the parameters that jobs may name as credentials, beside those below /<prefix>/credentials/."
  type        = list(string)
  default     = []
}

variable "credential_secret_arns" {
  description = "ARNs (patterns allowed) of the secrets that jobs may name as credentials, beside those whose names begin with <prefix>/credentials/."
  type        = list(string)
  default     = []
}

variable "target_role_arns" {
  description = "ARNs (patterns allowed) of the roles that jobs may name as target_role_arn, beside this account's <prefix>-target-*. Each must trust the roles of the functions that take jobs."
  type        = list(string)
  default     = []
}

variable "reserved_concurrency" {
  description = "How many of a function may run at once, by its key (worker = 200): taken out of the account's quota. A throttled event waits up to six hours."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for value in values(var.reserved_concurrency) : value > 0])
    error_message = "Each must be positive: with 0 the function would never run."
  }
}

variable "tmp_megabytes" {
  description = "The space in /tmp of functions, by their keys, where 512 MB are not enough: who clones and unpacks code."
  type        = map(number)
  default     = { init_job = 2048, ssm_config = 2048, worker = 2048 }

  validation {
    condition     = alltrue([for value in values(var.tmp_megabytes) : value >= 512 && value <= 10240])
    error_message = "Lambda offers 512 to 10240 MB."
  }
}

variable "instances_enabled" {
  description = "Whether orders may run on EC2 instances: makes the SSM document. Without it such orders are refused."
  type        = bool
  default     = true
}

variable "jwt" {
  description = "Whose JSON web tokens the API accepts in the place of requests signed by IAM; null for IAM."
  type = object({
    issuer   = string
    audience = list(string)
    scopes   = optional(list(string), [])
  })
  default = null
}

variable "throttling" {
  description = "Requests a second that the API takes, and how many may come at once."
  type        = object({ rate = number, burst = number })
  default     = { rate = 50, burst = 100 }
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the logs of functions, builds and the API. Orders' own logs lie in S3 for a day."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653 days."
  }
}

variable "event_bus" {
  description = "The name or ARN of the EventBridge bus that is told of runs that ended and orders that failed (docs/operations.md); null: none is. The bus is not made here."
  type        = string
  default     = null
}

variable "metrics_namespace" {
  description = "The CloudWatch namespace of the engine's own metrics."
  type        = string
  default     = "ExecutionEngine"

  validation {
    condition     = length(var.metrics_namespace) > 0 && !startswith(var.metrics_namespace, "AWS/")
    error_message = "The namespace must not be empty nor begin with AWS/, which is AWS's own."
  }
}

variable "alarm_actions" {
  description = "ARNs of what alarms tell, such as a topic of SNS."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:aws:")])
    error_message = "Each must be an ARN."
  }
}

variable "deletion_protection" {
  description = "Whether tables must be unprotected before they can be deleted."
  type        = bool
  default     = false
}

variable "tls_only" {
  description = "Whether buckets, queue and topic refuse requests without TLS. false only for an embedded AWS, which has none."
  type        = bool
  default     = true
}

variable "s3_use_path_style" {
  description = "Whether buckets are named in the path, as an embedded AWS needs it."
  type        = bool
  default     = false
}
