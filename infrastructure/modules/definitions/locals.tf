locals {
  folder = coalesce(var.resources_path, "${path.module}/../../../execution_engine/resources")

  # Whatever function the file names gets a name: a function that is added there appears here by itself.
  function_keys = toset(flatten(regexall("\\$\\{([a-z0-9_]+)_function\\}", file("${local.folder}/functions.json"))))

  internal_bucket = "${var.prefix}-internal-${var.account_id}-${var.region}"
  done_bucket     = "${var.prefix}-done-${var.account_id}-${var.region}"

  # The values of the files' placeholders, as execution_engine/local/names.py has them for one machine.
  names = merge(
    {
      region                 = var.region
      account_id             = var.account_id
      orders_table           = "${var.prefix}-orders"
      order_events_table     = "${var.prefix}-order-events"
      locks_table            = "${var.prefix}-locks"
      internal_bucket        = local.internal_bucket
      done_bucket            = local.done_bucket
      codebuild_project      = "${var.prefix}-build"
      engine_image           = var.engine_image
      watchdog_state_machine = "${var.prefix}-watchdog"
      ssm_prefix             = "/${var.prefix}"
      ssm_document           = "${var.prefix}-run"
      dead_letter_queue      = "${var.prefix}-dead-letters"
      event_bus              = var.event_bus == null ? "" : var.event_bus
      event_bus_arn          = startswith(local.bus, "arn:") ? local.bus : "arn:aws:events:${var.region}:${var.account_id}:event-bus/${local.bus}"

      # Lists, so JSON. None is empty, which IAM would refuse: what the engine may read lies below its own name, unless
      # somebody says more.
      code_object_arns          = jsonencode(concat(["arn:aws:s3:::${local.internal_bucket}/tmp/exec/uploads/*"], var.code_object_arns))
      credential_parameter_arns = jsonencode(concat(["arn:aws:ssm:${var.region}:${var.account_id}:parameter/${var.prefix}/credentials/*"], var.credential_parameter_arns))
      credential_secret_arns    = jsonencode(concat(["arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${var.prefix}/credentials/*"], var.credential_secret_arns))
      target_role_arns          = jsonencode(concat(["arn:aws:iam::${var.account_id}:role/${var.prefix}-target-*"], var.target_role_arns))
    },
    { for key in local.function_keys : "${key}_function" => "${var.prefix}-${replace(key, "_", "-")}" },
  )

  bus = coalesce(var.event_bus, "none")

  # The key's ARN is not known before the key is made. What resources there are must be; so the files are read with a
  # mark in its place, and only single values get the ARN.
  mark   = "kms-key-arn"
  marked = merge(local.names, { kms_key_arn = local.mark })
  values = merge(local.names, { kms_key_arn = var.kms_key_arn })

  tables        = jsondecode(templatefile("${local.folder}/tables.json", local.marked))
  buckets       = jsondecode(templatefile("${local.folder}/buckets.json", local.marked))
  functions     = jsondecode(templatefile("${local.folder}/functions.json", local.marked))
  projects      = jsondecode(templatefile("${local.folder}/codebuild.json", local.marked))
  trust         = jsondecode(templatefile("${local.folder}/trust.json", local.marked))
  state_machine = jsondecode(templatefile("${local.folder}/state_machine.json", local.marked))
  routes        = jsondecode(file("${local.folder}/api.json")).routes

  settings = {
    for name, value in local.functions.settings : name => value == local.mark ? var.kms_key_arn : value
    if(var.instances_enabled || name != "SSM_DOCUMENT") && (var.event_bus != null || name != "EVENT_BUS")
  }

  policy_names = toset([for file in fileset("${local.folder}/policies", "*.json") : trimsuffix(file, ".json")])
  filled       = { for name in local.policy_names : name => templatefile("${local.folder}/policies/${name}.json", local.values) }

  # Without a bus nobody may tell one.
  policies = var.event_bus != null ? local.filled : { for name, text in local.filled : name => jsonencode(merge(
    jsondecode(text),
    { Statement = [for statement in jsondecode(text).Statement : statement if statement.Sid != "TellTheEventBus"] },
  )) }

  # An image elsewhere than in ECR is pulled without a role.
  ecr_repository = try(regex("^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com/([^:@]+)", var.engine_image), null)
  image_repository_arn = (
    local.ecr_repository == null
    ? null
    : "arn:aws:ecr:${local.ecr_repository[1]}:${local.ecr_repository[0]}:repository/${local.ecr_repository[2]}"
  )

  aws_only = { for name in concat(values(local.names_of_functions), ["-"]) : name => jsondecode(templatefile(
    "${path.module}/aws_only.json",
    merge(local.names, { name = name, image_repository_arn = coalesce(local.image_repository_arn, "-") }),
  )) }
  names_of_functions = { for key, function in local.functions.functions : key => function.name }

  # CloudWatch's embedded metrics are written by Powertools, which reads these two.
  metrics = {
    POWERTOOLS_METRICS_NAMESPACE = var.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = var.prefix
  }

  ssm_document = jsondecode(file("${local.folder}/ssm_document.json"))
  ssm_script   = split("\n", trimsuffix(file("${local.folder}/ssm_script.sh"), "\n"))
}
