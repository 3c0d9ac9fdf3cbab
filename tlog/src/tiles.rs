//! The log as anybody may mirror it (C2SP tlog-tiles): its newest checkpoint that was cosigned, and the hashes of its tree.
//! They tell how many events there are, and nothing of any.
//!
//! The entries themselves name sources, streams and times: they are not here.

use crate::limits::HTTP_REQUEST_TIMEOUT;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ledger::notary::Notary;
use seal::Tile;
use seal::tile::TILE_WIDTH;
use std::sync::Arc;

/// Full tiles never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The newest checkpoint is asked for anew each time.
const NEVER: &str = "no-cache";

/// `GET /checkpoint` and `GET /tile/…`.
pub fn router(notary: Arc<Notary>) -> Router {
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .with_state(notary)
}

async fn checkpoint(State(notary): State<Arc<Notary>>) -> Response {
    let text = notary.published().text.to_string();
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, NEVER)], text).into_response()
}

async fn tile(State(notary): State<Arc<Notary>>, Path(path): Path<String>) -> Response {
    let Ok(tile) = Tile::parse(&format!("tile/{path}")) else {
        return (StatusCode::NOT_FOUND, "no tile has this path\n").into_response();
    };
    let asked = tokio::task::spawn_blocking(move || notary.tile(tile));
    match tokio::time::timeout(HTTP_REQUEST_TIMEOUT, asked).await {
        Ok(Ok(Ok(Some(hashes)))) => {
            let kept = if tile.width == TILE_WIDTH { FOR_EVER } else { NEVER };
            let head = [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, kept)];
            (head, hashes.as_flattened().to_vec()).into_response()
        }
        Ok(Ok(Ok(None))) => {
            (StatusCode::NOT_FOUND, "the tree has no such tile yet\n").into_response()
        }
        Ok(Ok(Err(error))) => {
            tracing::error!(%error, %tile, "a tile could not be read");
            (StatusCode::INTERNAL_SERVER_ERROR, "the tile could not be read\n").into_response()
        }
        Ok(Err(_)) | Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response()
        }
    }
}
