variable "name" {
  description = "The role's name."
  type        = string

  validation {
    condition     = length(var.name) <= 64
    error_message = "A role's name is at most 64 characters long."
  }
}

variable "trust" {
  description = "Who may take the role: a policy document as JSON."
  type        = string
}

variable "policies" {
  description = "What the role may do: policy documents as JSON, by their names."
  type        = map(string)

  validation {
    condition     = length(var.policies) > 0
    error_message = "A role that may do nothing is of no use."
  }
}
