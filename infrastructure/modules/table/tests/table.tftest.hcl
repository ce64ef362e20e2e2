mock_provider "aws" {}

variables {
  table = {
    name       = "engine-events"
    hash_key   = "trace_id"
    range_key  = "sk"
    attributes = { trace_id = "S", sk = "S", epoch = "N" }
    indexes    = [{ name = "trace_id-epoch-index", hash_key = "trace_id", range_key = "epoch", projection = "ALL" }]
    ttl        = "ttl"
    billing    = "PAY_PER_REQUEST"
    recovery   = true
  }
}

run "as_it_is_said" {
  assert {
    condition     = aws_dynamodb_table.this.hash_key == "trace_id" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "The keys are the table's."
  }

  assert {
    condition     = [for index in aws_dynamodb_table.this.global_secondary_index : index.name] == ["trace_id-epoch-index"]
    error_message = "It has its index."
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].attribute_name == "ttl" && aws_dynamodb_table.this.ttl[0].enabled
    error_message = "What is too old goes."
  }

  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled
    error_message = "What matters can be had back."
  }
}

run "an_unknown_type_is_refused" {
  command = plan

  variables {
    table = {
      name       = "engine-events"
      hash_key   = "trace_id"
      attributes = { trace_id = "STRING" }
      indexes    = []
      ttl        = "ttl"
      billing    = "PAY_PER_REQUEST"
      recovery   = false
    }
  }

  expect_failures = [var.table]
}
