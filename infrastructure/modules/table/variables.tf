variable "table" {
  description = "One table of tables.json, filled in."
  type = object({
    name       = string
    hash_key   = string
    range_key  = optional(string)
    attributes = map(string)
    indexes = list(object({
      name       = string
      hash_key   = string
      range_key  = optional(string)
      projection = string
    }))
    ttl      = string
    billing  = string
    recovery = bool
  })

  validation {
    condition     = alltrue([for kind in values(var.table.attributes) : contains(["S", "N", "B"], kind)])
    error_message = "Each key attribute must be of type S, N or B."
  }
}

variable "deletion_protection" {
  description = "Whether the table must be unprotected before it can be deleted."
  type        = bool
  default     = false
}
