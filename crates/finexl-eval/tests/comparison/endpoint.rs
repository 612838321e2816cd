//! A proposer behind HTTP, against a server on this machine.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::loopback::{Loopback, Request, Response};
use data_encoding::BASE64;
use finexl_core::experiment::EndpointChoice;
use finexl_data::decode::decode_bytes;
use finexl_data::image::Image;
use finexl_data::vocabulary::Concept;
use finexl_eval::EvalError;
use finexl_eval::proposals::{Endpoint, ImagePair, PairAnswer, Proposal, ProposalTable, Proposer};
use finexl_explain::vocabulary::Vocabulary;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A variable that is set wherever tests run; what it holds is the key.
const KEY_VARIABLE: &str = "PATH";

fn key() -> String {
    std::env::var(KEY_VARIABLE).unwrap().trim().to_string()
}

fn choice(server: &Loopback, folder: &TempDir) -> EndpointChoice {
    EndpointChoice {
        url: format!("{}/v1/", server.address),
        model: "tiny-vision".to_string(),
        key_variable: Some(KEY_VARIABLE.to_string()),
        cache: folder.path().join("answers"),
        most_requests: Some(50),
        most_tokens: None,
        answer_tokens: 100,
        requests_at_once: 1,
        attempts: 4,
        first_wait_seconds: 0.001,
        longest_wait_seconds: 2.0,
        timeout_seconds: 20.0,
    }
}

fn response(status: &'static str, body: impl Into<Vec<u8>>) -> Response {
    Response {
        status,
        headers: vec![("content-type", "application/json".to_string())],
        body: body.into(),
    }
}

/// A chat completion with some words.
fn says(content: &str) -> Response {
    let body = json!({
        "choices": [{ "message": { "role": "assistant", "content": content } }],
        "usage": { "total_tokens": 40 },
    });
    response("200 OK", body.to_string())
}

/// An answer that sees one aspect in the personalized image.
fn warm() -> Response {
    says(r#"{"aspects": [{"aspect": "warm", "base": 0.1, "personalized": 0.6}]}"#)
}

/// Three pairs, each of other colours.
fn images() -> Vec<[Image; 2]> {
    (0..3)
        .map(|i| [0.0, 1.0].map(|side| Image::filled(8, 9, [side, 0.2 * i as f32, 0.4])))
        .collect()
}

fn propose(endpoint: &Endpoint, images: &[[Image; 2]]) -> Result<Vec<PairAnswer>, EvalError> {
    let pairs: Vec<ImagePair<'_>> = images
        .iter()
        .map(|[base, personalized]| ImagePair {
            base,
            personalized,
            prompt: Some("a red apple"),
        })
        .collect();
    let offer = ["warm", "dark"].map(Concept::phrase);
    endpoint.propose(&pairs, Some(&offer), &|_, _| ())
}

fn is_warm(answer: &PairAnswer) -> bool {
    let expected = Proposal {
        phrase: "warm".to_string(),
        base: 0.1,
        personalized: 0.6,
    };
    *answer == PairAnswer::Aspects(vec![expected])
}

/// The image of a data URL.
fn sent(content: &Value) -> Image {
    let url = content["image_url"]["url"].as_str().unwrap();
    let png = url.strip_prefix("data:image/png;base64,").unwrap();
    let decoded = decode_bytes(Path::new("sent"), &BASE64.decode(png.as_bytes()).unwrap());
    decoded.unwrap().image
}

#[test]
fn both_images_arrive_with_the_offer_and_the_key() {
    let images = images();
    let wanted = images[1].clone();
    let check = move |request: &Request| {
        assert_eq!(request.path, "/v1/chat/completions");
        assert_eq!(
            request.headers["authorization"],
            format!("Bearer {}", key())
        );
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["model"], "tiny-vision");
        assert_eq!(body["temperature"], 0);
        assert_eq!(body["response_format"]["type"], "json_schema");
        let content = &body["messages"][0]["content"];
        let words = content[0]["text"].as_str().unwrap();
        assert!(
            words.contains("warm; dark") && words.contains("a red apple"),
            "{words}"
        );
        for (image, place) in wanted.iter().zip([1, 2]) {
            assert!(sent(&content[place]).mean_abs_difference(image) < 0.5 / 255.0 + 1e-6);
        }
    };
    // A check that fails hangs up, and that is an error on this side.
    let server = Loopback::start(move |request, _| {
        check(request);
        warm()
    });
    let folder = tempfile::tempdir().unwrap();
    let mut choice = choice(&server, &folder);
    choice.attempts = 1;
    let endpoint = Endpoint::new(&choice).unwrap();
    let answers = propose(&endpoint, &images[1..2]).unwrap();
    assert!(is_warm(&answers[0]));
}

#[test]
fn too_many_requests_are_waited_for() {
    let server = Loopback::start(|_, before| match before {
        0 => {
            let mut busy = response("429 Too Many Requests", "{}");
            busy.headers.push(("retry-after", "0.01".to_string()));
            busy
        }
        1 => response("503 Service Unavailable", ""),
        _ => warm(),
    });
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(&choice(&server, &folder)).unwrap();
    let answers = propose(&endpoint, &images()[..1]).unwrap();
    assert!(is_warm(&answers[0]));
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_longer_wait_than_allowed_ends_it() {
    let server = Loopback::start(|_, _| {
        let mut busy = response("429 Too Many Requests", "{}");
        busy.headers.push(("retry-after", "3600".to_string()));
        busy
    });
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(&choice(&server, &folder)).unwrap();
    let error = propose(&endpoint, &images()[..1]).unwrap_err().to_string();
    assert!(error.contains("3600"), "{error}");
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_server_that_keeps_failing_is_given_up() {
    let server = Loopback::start(|_, _| response("500 Internal Server Error", "out of memory"));
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(&choice(&server, &folder)).unwrap();
    let error = propose(&endpoint, &images()).unwrap_err();
    assert!(matches!(error, EvalError::Endpoint { .. }), "{error}");
    let error = error.to_string();
    assert!(
        error.contains("out of memory") && error.contains("4 times"),
        "{error}"
    );
    assert_eq!(server.requests(), 4);
}

#[test]
fn a_refusal_is_not_repeated_and_the_key_is_not_shown() {
    let server = Loopback::start(|request, _| {
        let complaint = format!("bad key: {}", request.headers["authorization"]);
        response("401 Unauthorized", complaint)
    });
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(&choice(&server, &folder)).unwrap();
    let error = propose(&endpoint, &images()).unwrap_err().to_string();
    assert!(error.contains("401") && !error.contains(&key()), "{error}");
    assert_eq!(server.requests(), 1);
}

#[test]
fn answers_that_cannot_be_read_are_counted_and_not_scored() {
    let server = Loopback::start(|_, before| match before {
        0 => says("I see nothing special."),
        1 => warm(),
        _ => response(
            "200 OK",
            json!({ "choices": [{ "message": { "content": null } }] }).to_string(),
        ),
    });
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(&choice(&server, &folder)).unwrap();
    let answers = propose(&endpoint, &images()).unwrap();
    let vocabulary = Vocabulary::of_names(&["warm", "dark"].map(str::to_string));
    let table = ProposalTable::new(&answers, &vocabulary).unwrap();
    assert_eq!((table.read(), table.unparsed()), (1, 2));
    assert_eq!(table.mean_differences().unwrap(), [0.5, 0.0]);
    // What cannot be read is not kept: the two are asked for again, the other is not.
    assert_eq!(propose(&endpoint, &images()).unwrap()[1], answers[1]);
    assert_eq!(server.requests(), 5);
}

#[test]
fn what_is_no_chat_completion_is_an_error() {
    let server = Loopback::start(|_, _| response("200 OK", "<html>a portal</html>"));
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::new(&choice(&server, &folder)).unwrap();
    let error = propose(&endpoint, &images()).unwrap_err().to_string();
    assert!(error.contains("no chat completion"), "{error}");
}

#[test]
fn a_spent_budget_ends_the_run_and_keeps_the_answers() {
    let server = Loopback::start(|_, _| warm());
    let folder = tempfile::tempdir().unwrap();
    let mut choice = choice(&server, &folder);
    choice.most_requests = Some(2);
    let error = propose(&Endpoint::new(&choice).unwrap(), &images()).unwrap_err();
    assert!(matches!(error, EvalError::Budget { .. }), "{error}");
    assert!(error.to_string().contains("most-requests"), "{error}");
    assert_eq!(server.requests(), 2);
    // The next run has a budget of its own and asks only what is missing.
    let answers = propose(&Endpoint::new(&choice).unwrap(), &images()).unwrap();
    assert!(answers.iter().all(is_warm));
    assert_eq!(server.requests(), 3);

    choice.cache = folder.path().join("others");
    (choice.most_requests, choice.most_tokens) = (None, Some(60));
    let error = propose(&Endpoint::new(&choice).unwrap(), &images()).unwrap_err();
    assert!(error.to_string().contains("most-tokens"), "{error}");
    assert_eq!(server.requests(), 5);
    choice.most_tokens = None;
    assert!(Endpoint::new(&choice).is_err());
}

#[test]
fn what_was_asked_before_is_not_asked_again() {
    let server = Loopback::start(|_, _| warm());
    let folder = tempfile::tempdir().unwrap();
    let mut choice = choice(&server, &folder);
    choice.requests_at_once = 3;
    let first = propose(&Endpoint::new(&choice).unwrap(), &images()).unwrap();
    assert_eq!(server.requests(), 3);
    let again = propose(&Endpoint::new(&choice).unwrap(), &images()).unwrap();
    assert_eq!((first, server.requests()), (again, 3));
    for entry in std::fs::read_dir(&choice.cache).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains(&key()), "{text}");
    }
    // Another model is another question.
    choice.model = "other-vision".to_string();
    propose(&Endpoint::new(&choice).unwrap(), &images()[..1]).unwrap();
    assert_eq!(server.requests(), 4);
}

#[test]
fn settings_that_cannot_work_are_refused_before_anything_is_sent() {
    let server = Loopback::start(|_, _| warm());
    let folder = tempfile::tempdir().unwrap();
    let good = choice(&server, &folder);
    let refused = |change: &dyn Fn(&mut EndpointChoice)| {
        let mut choice = good.clone();
        change(&mut choice);
        match Endpoint::new(&choice) {
            Ok(_) => panic!("{choice:?}"),
            Err(error) => error.to_string(),
        }
    };
    let key = refused(&|c| c.key_variable = Some("FINEXL_NO_SUCH_KEY".to_string()));
    assert!(key.contains("FINEXL_NO_SUCH_KEY"), "{key}");
    assert!(refused(&|c| c.url = "localhost:8000".to_string()).contains("url"));
    assert!(refused(&|c| c.attempts = 0).contains("attempts"));
    assert!(refused(&|c| c.timeout_seconds = -1.0).contains("timeout-seconds"));
    assert!(refused(&|c| c.first_wait_seconds = f64::NAN).contains("first-wait-seconds"));
    assert_eq!(server.requests(), 0);
}
