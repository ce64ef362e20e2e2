variable "prefix" {
  description = "What the names of alarms and dashboard begin with."
  type        = string
}

variable "region" {
  description = "The region the dashboard shows."
  type        = string
}

variable "namespace" {
  description = "The CloudWatch namespace of the engine's own metrics."
  type        = string

  validation {
    condition     = !startswith(var.namespace, "AWS/")
    error_message = "Namespaces that begin with AWS/ are AWS's own."
  }
}

variable "functions" {
  description = "The names of the functions by their keys."
  type        = map(string)
}

variable "queue_name" {
  description = "The name of the dead-letter queue."
  type        = string
}

variable "state_machine_arn" {
  description = "The ARN of the watchdog's state machine."
  type        = string
}

variable "api_id" {
  description = "The id of the API."
  type        = string
}

variable "build_project" {
  description = "The name of the CodeBuild project."
  type        = string
}

variable "alarm_actions" {
  description = "ARNs of what an alarm tells (topics of SNS, say)."
  type        = list(string)
}
