//! What to do about a refusal, in a sentence.

/// The advice for a code and, where that says more, the rule that was broken first.
pub(super) fn of(stage: &str, code: &str, rule: &str) -> &'static str {
    match (stage, code) {
        (_, "company_not_allowed") => {
            "the source is bound to other companies: add this one to [source.<name>] companies if it is yours, then replay"
        }
        (_, "not_json") => {
            "the body is no JSON: look at who posts to this source; neither Pipedrive nor a reporting tag sends such a body"
        }
        (_, "not_a_webhook" | "unknown_version") => {
            "the body is JSON and no webhook of version 1 or 2: another sender uses this address, or Pipedrive has a new version"
        }
        (_, "prevalidation") => {
            "the envelope lacks what identity, order or tenancy need: the rule names the property; if Pipedrive changed it, Omni needs an update, then replay"
        }
        (_, "headers") => {
            "somebody else writes to this topic: records of Omni have headers; nothing to replay"
        }
        (_, "not_flat") => {
            "the reporting tag or Lambda must send flat events as docs/flat-intake.md and schemas/flat.schema.json say; mend it there and send again"
        }
        ("enricher", "not_an_erasure") => {
            "an order to forget a person that cannot be read: write it again; nothing to replay"
        }
        (_, "oversized" | "too_large") => {
            "the event outgrew what a topic takes (8 MiB): the raw archive has its body; shorten it in Pipedrive"
        }
        ("flattener", "not_enriched" | "nested" | "key_collision") => {
            "two fields would have one name, or a value is nested: rename the custom field, then replay"
        }
        ("loader", "not_an_event") => {
            "neither headers nor value say what happened to what: nothing to replay"
        }
        ("loader", "refused_by_plan") => {
            "it was left out of a batch under rules that have changed since: replay it"
        }
        ("loader", "warehouse") => {
            "clickhouse refused its row though the template took it: the message says why; mend the table or the template (a new version), then replay"
        }
        ("loader", "schema") => of_schema(rule),
        _ => "see docs/quarantine.md",
    }
}

fn of_schema(rule: &str) -> &'static str {
    match rule {
        "enum" | "const" => {
            "the value is none of those the template knows: add it to the template's schema (a new version), or mend it in Pipedrive, then replay"
        }
        "type" | "format" | "pattern" => {
            "the value has another form than the template takes: widen its schema (a new version), or mend it in Pipedrive, then replay"
        }
        "required" => {
            "the template needs a field that this event does not have: check the field mapping of the enricher, then replay"
        }
        "column" => {
            "the value is valid and does not fit its column: widen the column in a new version of the template, then replay"
        }
        _ => {
            "the template's schema refuses it: the path and the rule say where; change the template (a new version) or the data, then replay"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_a_stage_has_advice_of_its_own() {
        let codes = [
            ("collector", "not_json"),
            ("collector", "not_a_webhook"),
            ("collector", "unknown_version"),
            ("collector", "prevalidation"),
            ("collector", "company_not_allowed"),
            ("collector", "not_flat"),
            ("enricher", "headers"),
            ("enricher", "not_flat"),
            ("enricher", "not_an_erasure"),
            ("enricher", "oversized"),
            ("flattener", "not_enriched"),
            ("flattener", "nested"),
            ("flattener", "key_collision"),
            ("flattener", "too_large"),
            ("loader", "not_an_event"),
            ("loader", "refused_by_plan"),
            ("loader", "warehouse"),
            ("loader", "schema"),
        ];
        for (stage, code) in codes {
            assert!(!of(stage, code, "").starts_with("see docs"), "{stage} {code}");
        }
        assert_ne!(of("loader", "schema", "enum"), of("loader", "schema", "required"));
        assert!(of("new", "code", "").contains("docs/quarantine.md"));
    }
}
