//! Servers that wrap an engine in axum, with nothing else that a server needs: nobody proves who asks.

use super::Served;
use crate::contenders::{Contender, by_hand::ByHand, casbin::{CHEAP_FIRST, Casbin}, cedar, cedar::Cedar, regorus::Regorus};
use crate::world::{PERMISSIONS, Question, SIZES, World};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

#[derive(Deserialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

#[derive(Deserialize)]
struct Action {
    name: String,
}

#[derive(Deserialize)]
struct Evaluation {
    subject: Entity,
    action: Action,
    resource: Entity,
}

#[derive(Deserialize)]
struct Evaluations {
    evaluations: Vec<Evaluation>,
}

#[derive(Serialize)]
struct Decision {
    decision: bool,
}

#[derive(Serialize)]
struct Decisions {
    evaluations: Vec<Decision>,
}

type Engine = Option<Arc<dyn Contender + Send + Sync>>;

fn decide(engine: &Engine, evaluation: Evaluation) -> Decision {
    let Evaluation { subject, action, resource } = evaluation;
    let permission = PERMISSIONS.iter().position(|name| *name == action.name);
    let decision = match (engine, permission) {
        (Some(engine), Some(permission)) if subject.kind == "user" && resource.kind == "resource" => {
            engine.by_name(&Question {
                user_number: subject.id.strip_prefix("user").and_then(|n| n.parse().ok()).unwrap_or_default(),
                resource_number: resource.id.strip_prefix("data").and_then(|n| n.parse().ok()).unwrap_or_default(),
                user: subject.id,
                resource: resource.id,
                permission,
                expected: false,
            })
        }
        (None, Some(_)) => true,
        _ => false,
    };
    Decision { decision }
}

async fn evaluation(State(engine): State<Engine>, Json(asked): Json<Evaluation>) -> Json<Decision> {
    Json(decide(&engine, asked))
}

async fn evaluations(State(engine): State<Engine>, Json(asked): Json<Evaluations>) -> Json<Decisions> {
    Json(Decisions { evaluations: asked.evaluations.into_iter().map(|one| decide(&engine, one)).collect() })
}

/// What the process does that [`start`] starts.
pub fn serve(world: &str, name: &str) {
    let size = SIZES.into_iter().find(|size| size.name == world).expect("a world");
    let world = || World::new(size);
    let engine: Engine = match name {
        "bare" => None,
        "by-hand" => Some(Arc::new(ByHand::new(&world()))),
        "cedar-tuned" => Some(Arc::new(Cedar::tuned(&cedar::entities(&world())))),
        "cedar-naive" => {
            let world = world();
            Some(Arc::new(Cedar::naive(&world, &cedar::entities(&world))))
        }
        "regorus" => Some(Arc::new(Regorus::flattened(&world()))),
        "regorus-walked" => Some(Arc::new(Regorus::walked(&world()))),
        "casbin-cheap-first" => Some(Arc::new(Casbin::new(&world(), CHEAP_FIRST))),
        other => panic!("nobody is called {other}"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("its address"));
        let routes = Router::new()
            .route("/access/v1/evaluation", post(evaluation))
            .route("/access/v1/evaluations", post(evaluations))
            .with_state(engine);
        axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), routes)
            .await
            .expect("to serve");
    });
}

/// Starts one; none where a decision takes too long for any rate to be told.
pub fn start(world: &str, name: &str) -> Option<Served> {
    if world != "1k" && ["cedar-naive", "casbin-cheap-first"].contains(&name) {
        return None;
    }
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["http-serve", world, name])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut address = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut address).expect("its address");
    Some(Served { child, address: address.trim().to_owned(), authorization: String::new() })
}
