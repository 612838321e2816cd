//! The committed schema says exactly what the record in code says.

use crate::sample;
use serde_json::Value;
use std::collections::BTreeSet;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../datasets/explanation.schema.json")).unwrap()
}

fn written() -> Value {
    serde_json::to_value(sample::explanation()).unwrap()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn what_is_written_is_valid() {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for explanation in [sample::explanation(), sample::uncalibrated()] {
        let value = serde_json::to_value(explanation).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn the_fields_are_the_same_and_all_required() {
    let (schema, written) = (schema(), written());
    let pairs = [
        (&schema, &written),
        (&schema["$defs"]["aspect-score"], &written["aspects"][0]),
        (
            &schema["$defs"]["pair-score"],
            &written["aspects"][0]["most"][0],
        ),
        (
            &schema["$defs"]["aspect-map"],
            &written["aspects"][0]["map"],
        ),
        (&schema["$defs"]["provenance"], &written["provenance"]),
        (
            &schema["$defs"]["decision"],
            &written["aspects"][0]["decision"],
        ),
        (&schema["$defs"]["generated"], &written["generated"]),
        (
            &schema["$defs"]["generated-images"],
            &written["generated"]["base"],
        ),
        (
            &schema["$defs"]["applied"],
            &written["generated"]["personalized"]["personalization"][0],
        ),
        (&schema["$defs"]["source"], &written["provenance"]["head"]),
    ];
    for (object, value) in pairs {
        assert_eq!(keys(&object["properties"]), keys(value));
        let required: BTreeSet<String> = object["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(required, keys(value));
        assert_eq!(object["additionalProperties"], Value::Bool(false));
        for (name, property) in object["properties"].as_object().unwrap() {
            let described = property["description"].is_string() || property["$ref"].is_string();
            assert!(described, "{name}");
        }
    }
}

#[test]
fn what_the_record_forbids_is_invalid() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let changes: [fn(&mut Value); 6] = [
        |v| v["schema"] = "finexl-explanation-1".into(),
        |v| v["extra"] = 1.into(),
        |v| v["pairs"] = (-1).into(),
        |v| v["aspects"][0]["score"] = Value::Null,
        |v| v["aspects"][0]["most"][0]["extra"] = 1.into(),
        |v| v["provenance"]["images"] = "abc".into(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut value = written();
        change(&mut value);
        assert!(!validator.is_valid(&value), "change {index}");
    }
}
