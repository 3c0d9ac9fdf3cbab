//! Every table as ordered text, so that two files can be compared.

use super::store::{Detail, TABLES};
use sqlx::{Column, Row, TypeInfo, ValueRef};
use std::fmt::Write;

impl Detail {
    /// Every row of every table, in the order of their keys, one a line:
    /// `table|value|value…`; blobs in hexadecimal.
    pub(crate) async fn dump(&self) -> Result<String, sqlx::Error> {
        let mut text = String::new();
        for table in TABLES {
            let order = match table {
                "findings" | "workflow_dues" => "1, 2, 3, 4",
                "workflow_ids" => "1",
                _ => "1, 2, 3",
            };
            let sql = format!("SELECT * FROM {table} ORDER BY {order}");
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.readers).await?;
            for row in rows {
                text.push_str(table);
                for column in row.columns() {
                    text.push('|');
                    let value = row.try_get_raw(column.ordinal())?;
                    let kind = value.type_info().name().to_owned();
                    match kind.as_str() {
                        _ if value.is_null() => text.push('-'),
                        "INTEGER" => {
                            let _ = write!(text, "{}", row.try_get::<i64, _>(column.ordinal())?);
                        }
                        "BLOB" => {
                            for byte in row.try_get::<Vec<u8>, _>(column.ordinal())? {
                                let _ = write!(text, "{byte:02x}");
                            }
                        }
                        _ => text.push_str(&row.try_get::<String, _>(column.ordinal())?),
                    }
                }
                text.push('\n');
            }
        }
        Ok(text)
    }
}
