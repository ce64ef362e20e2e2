locals {
  functions  = { for key in toset(values(var.routes)) : key => var.functions[key] }
  authorizer = var.jwt == null ? {} : { jwt = var.jwt }

  # What happened and who asked; neither bodies nor query strings.
  access_log = {
    for name, value in {
      time       = "requestTime"
      request_id = "requestId"
      route      = "routeKey"
      status     = "status"
      caller     = "identity.userArn"
      source_ip  = "identity.sourceIp"
      latency    = "responseLatency"
      error      = "error.message"
      function   = "integrationErrorMessage"
    } : name => "$context.${value}"
  }
}
