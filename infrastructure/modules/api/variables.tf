variable "name" {
  description = "The API's name."
  type        = string
}

variable "routes" {
  description = "The routes (\"POST /init\") with the keys of their functions."
  type        = map(string)

  validation {
    condition     = alltrue([for route in keys(var.routes) : can(regex("^(GET|POST) /", route))])
    error_message = "Each route must be a method, a blank and a path, such as \"POST /init\"."
  }
}

variable "functions" {
  description = "The functions by their keys."
  type        = map(object({ name = string, invoke_arn = string }))
}

variable "jwt" {
  description = "Whose JSON web tokens are accepted, on every route, in the place of requests signed by IAM; null for IAM."
  type = object({
    issuer   = string
    audience = list(string)
    scopes   = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.jwt == null ? true : startswith(var.jwt.issuer, "https://") && length(var.jwt.audience) > 0
    error_message = "The issuer must be an https URL, and the audience must name at least one client."
  }
}

variable "throttling" {
  description = "Requests a second over all routes, and how many may come at once."
  type        = object({ rate = number, burst = number })

  validation {
    condition     = var.throttling.rate > 0 && var.throttling.burst > 0
    error_message = "Both must be positive: with 0 the API would answer nobody."
  }
}

variable "log_retention_days" {
  description = "How long the access log is kept."
  type        = number
}
