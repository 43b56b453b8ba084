use crate::receiver::{made, protected, receive, request};
use crate::{change, entry, outlet};
use sclera_core::change::Action;
use sclera_forward::{Target, Url};
use serde_json::Value;
use std::io::Write as _;

fn answered(answer: &'static str) -> (Url, std::thread::JoinHandle<(String, Vec<u8>)>) {
    let (address, received) = receive(move |mut stream| {
        let request = request(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        request
    });
    (Url { secure: false, address, path: "/v1/logs".to_owned() }, received)
}

/// What `opentelemetry/proto/logs/v1/logs.proto` and the JSON mapping of OTLP say of a record.
fn is_log_record(record: &Value) {
    let digits = |value: &Value| value.as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit());
    assert!(
        digits(&record["timeUnixNano"]) && digits(&record["observedTimeUnixNano"]),
        "64 bits are text: {record}"
    );
    assert!((1..=24).contains(&record["severityNumber"].as_u64().unwrap()));
    assert!(record["body"]["stringValue"].is_string());
    for attribute in record["attributes"].as_array().unwrap() {
        assert!(attribute["key"].is_string() && attribute["value"]["stringValue"].is_string(), "{attribute}");
    }
    let known = [
        "timeUnixNano",
        "observedTimeUnixNano",
        "severityNumber",
        "severityText",
        "eventName",
        "body",
        "attributes",
    ];
    assert!(record.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{record}");
}

#[test]
fn a_collector_gets_log_records() {
    let (url, received) =
        answered("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    outlet(Target::Otlp { url, trust: None })
        .unwrap()
        .send(&[entry(1), change(2, Action::Delete, "role")])
        .unwrap();
    let (head, body) = received.join().unwrap();
    assert!(
        head.starts_with("POST /v1/logs HTTP/1.0\r\n")
            && head.contains("\r\nContent-Type: application/json\r\n")
    );
    let body: Value = serde_json::from_slice(&body).unwrap();
    let resource = &body["resourceLogs"][0];
    assert_eq!(resource["resource"]["attributes"][0]["key"], "service.name");
    assert_eq!(resource["scopeLogs"][0]["scope"]["name"], "sclera.audit");
    let records = resource["scopeLogs"][0]["logRecords"].as_array().unwrap();
    records.iter().for_each(is_log_record);
    assert_eq!(records[0]["timeUnixNano"], "1790000000123456000");
    assert_eq!(
        (&records[0]["severityNumber"], &records[0]["eventName"]),
        (&13.into(), &"%System/%Login/LoginFailure".into())
    );
}

#[test]
fn only_what_is_taken_has_arrived() {
    for (answer, why) in [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "503"),
        ("HTTP/1.1 301 Moved\r\nLocation: http://x/\r\n\r\n", "301"),
        ("nonsense\r\n\r\n", "nonsense"),
        ("", "does not answer"),
        (
            "HTTP/1.1 200 OK\r\n\r\n{\"partialSuccess\":{\"rejectedLogRecords\":\"2\",\"errorMessage\":\"no\"}}",
            "rejected 2 records: no",
        ),
    ] {
        let (url, received) = answered(answer);
        let said = outlet(Target::Otlp { url, trust: None }).unwrap().send(&[entry(1)]).unwrap_err();
        assert!(said.0.contains(why) && !said.0.contains('\n'), "{said}");
        received.join().unwrap();
    }
    let (url, received) = answered("HTTP/1.1 200 OK\r\n\r\n{\"partialSuccess\":{}}");
    outlet(Target::Otlp { url, trust: None }).unwrap().send(&[entry(1)]).unwrap();
    received.join().unwrap();
}

#[test]
fn an_answer_is_bounded() {
    let (address, received) = receive(|mut stream| {
        request(&mut stream);
        let endless = vec![b'x'; 1 << 20];
        stream.write_all(b"HTTP/1.1 200 OK\r\n").and_then(|()| stream.write_all(&endless)).is_ok()
    });
    let url = Url { secure: false, address, path: "/".to_owned() };
    assert!(outlet(Target::Otlp { url, trust: None }).unwrap().send(&[entry(1)]).is_err());
    received.join().unwrap();
}

#[test]
fn a_collector_is_reached_over_tls() {
    let made = made();
    let server = made.server.clone();
    let (address, received) = receive(move |stream| {
        let mut stream = protected(server, stream);
        let request = request(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        stream.flush().unwrap();
        request
    });
    let url = Url { secure: true, address, path: "/v1/logs".to_owned() };
    outlet(Target::Otlp { url, trust: Some(made.trust()) }).unwrap().send(&[entry(1)]).unwrap();
    assert!(!received.join().unwrap().1.is_empty());
}
