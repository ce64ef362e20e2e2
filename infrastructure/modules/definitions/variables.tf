variable "resources_path" {
  description = "The folder of the engine's resource files; null for the one of this checkout."
  type        = string
  default     = null
}

variable "prefix" {
  description = "What every name begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.prefix))
    error_message = "The prefix must be 3 to 20 lower-case letters, digits and hyphens, must begin with a letter and must not end with a hyphen: S3 and IAM bound the names made from it."
  }
}

variable "region" {
  description = "The region everything is in, such as eu-central-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must be one of AWS's region codes, such as eu-central-1."
  }
}

variable "account_id" {
  description = "The account everything is in: 12 digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account id must be 12 digits."
  }
}

variable "engine_image" {
  description = "The image that builds run in; the engine is installed there."
  type        = string

  validation {
    condition     = length(var.engine_image) > 0
    error_message = "The image must be named."
  }
}

variable "kms_key_arn" {
  description = "The ARN of the key that seals kept jobs. May be unknown until it is made."
  type        = string
}

variable "code_object_arns" {
  description = "ARNs (patterns allowed) of the objects that orders may name in s3_location, beside the engine's own uploads."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.code_object_arns : startswith(arn, "arn:aws:s3:::") && !startswith(arn, "arn:aws:s3:::*")])
    error_message = "Each must be the ARN of objects in a named bucket, such as arn:aws:s3:::code-of-mine/releases/*."
  }
}

variable "credential_parameter_arns" {
  description = "ARNs (patterns allowed) of the parameters that jobs may name as credentials, beside those below /<prefix>/credentials/."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.credential_parameter_arns : can(regex("^arn:aws:ssm:[^:]+:[^:]+:parameter/.", arn))])
    error_message = "Each must be the ARN of parameters, such as arn:aws:ssm:eu-central-1:123456789012:parameter/prod/*."
  }
}

variable "credential_secret_arns" {
  description = "ARNs (patterns allowed) of the secrets that jobs may name as credentials, beside those whose names begin with <prefix>/credentials/."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.credential_secret_arns : can(regex("^arn:aws:secretsmanager:[^:]+:[^:]+:secret:.", arn))])
    error_message = "Each must be the ARN of secrets, such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/*."
  }
}

variable "target_role_arns" {
  description = "ARNs (patterns allowed) of the roles that jobs may name as target_role_arn, beside this account's <prefix>-target-*. Each must trust the roles of the functions that take jobs."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.target_role_arns : can(regex("^arn:aws:iam::[^:]+:role/.", arn))])
    error_message = "Each must be the ARN of roles, such as arn:aws:iam::123456789012:role/deployer."
  }
}

variable "settings" {
  description = "Further settings of all functions and builds by their whole names (AWS_EXE_SYS_…)."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : startswith(name, "AWS_EXE_SYS_")])
    error_message = "Each name must begin with AWS_EXE_SYS_: the engine reads no other."
  }
}

variable "event_bus" {
  description = "The name or ARN of the EventBridge bus that is told of runs that ended and orders that failed; null: none is."
  type        = string
  default     = null

  validation {
    condition     = var.event_bus == null || can(regex("^(arn:aws:events:[^:]+:[0-9]{12}:event-bus/)?[A-Za-z0-9._/-]{1,256}$", var.event_bus))
    error_message = "It must be the name of an event bus, such as default, or its ARN."
  }
}

variable "metrics_namespace" {
  description = "The CloudWatch namespace of the engine's own metrics."
  type        = string
}

variable "instances_enabled" {
  description = "Whether orders may run on EC2 instances. Without them the engine is told no document, and refuses such orders."
  type        = bool
  default     = true
}
