output "names" {
  description = "The values of the resource files' placeholders (kms_key_arn aside)."
  value       = local.names
}

output "tables" {
  description = "tables.json, filled in."
  value       = local.tables
}

output "buckets" {
  description = "buckets.json, filled in."
  value       = local.buckets
}

output "functions" {
  description = "The functions of functions.json by their keys, each with its environment and the two documents of its role."
  value = {
    for key, function in local.functions.functions : key => merge(function, {
      environment = merge(
        local.metrics,
        { for name in function.settings : "AWS_EXE_SYS_${name}" => local.settings[name] if contains(keys(local.settings), name) },
        var.settings,
      )
      policy_document = local.policies[function.policy]
      aws_only_document = jsonencode({
        Version = "2012-10-17"
        Statement = [
          for one in concat(
            local.aws_only[function.name].function,
            [for one in local.aws_only[function.name].dead_letters : one if key == "orchestrator"],
          ) : one.statement
        ]
      })
    })
  }
}

output "settings" {
  description = "The settings of functions.json, filled in."
  value       = local.settings
}

output "projects" {
  description = "codebuild.json, filled in, each project with its environment and the documents of its role."
  value = {
    for key, project in local.projects : key => merge(project, {
      environment = merge(
        local.metrics,
        { for name in project.settings : "AWS_EXE_SYS_${name}" => local.settings[name] if contains(keys(local.settings), name) },
        var.settings,
      )
      policy_document = local.policies[project.policy]
      aws_only_document = local.image_repository_arn == null ? null : jsonencode({
        Version   = "2012-10-17"
        Statement = [for one in local.aws_only["-"].image : one.statement]
      })
    })
  }
}

output "trust" {
  description = "trust.json: who may take a role, by service, each as JSON."
  value       = { for service, document in local.trust : service => jsonencode(document) }
}

output "policies" {
  description = "The role policies by the names of their files, each the very file, filled in."
  value       = local.policies
}

output "state_machine" {
  description = "The watchdog: its name, its definition as JSON, and its role's policy."
  value = {
    name            = local.names.watchdog_state_machine
    definition      = jsonencode(local.state_machine)
    policy_document = local.policies["watchdog"]
  }
}

output "ssm_document" {
  description = "The engine's SSM document: its name, and its content as JSON."
  value = {
    name = local.names.ssm_document
    content = jsonencode(merge(local.ssm_document, {
      mainSteps = [for step in local.ssm_document.mainSteps : merge(step, { inputs = merge(step.inputs, { runCommand = local.ssm_script }) })]
    }))
  }
}

output "routes" {
  description = "The API's routes (\"POST /init\") with the keys of their functions; only of functions that there are."
  value = {
    for route in local.routes : "${route.method} ${route.path}" => route.function
    if contains(keys(local.functions.functions), route.function)
  }
}
