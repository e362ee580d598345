"""Creates SQL statements that compare all rows of two copies of the data. Each statement returns the row count
and a checksum of a table. The checksum does not depend on the order of rows. A member runs the statements
after a base backup. A restore drill runs the same statements on the restored data."""

COLUMNS = (
    "SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME FROM information_schema.COLUMNS c JOIN information_schema.TABLES t"
    " ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME WHERE t.TABLE_TYPE = 'BASE TABLE' AND t.ENGINE = 'InnoDB'"
    " AND t.TABLE_SCHEMA NOT IN ('mysql', 'sys') ORDER BY 1, 2, c.ORDINAL_POSITION"
)


def statements(columns):
    """Returns one statement per table, which returns the table's row count and checksum as one text. The
    statement compares values as binary text, so the session's character set does not matter. `columns`: rows
    of COLUMNS."""
    tables = {}
    for schema, table, column in columns:
        tables.setdefault((schema, table), []).append(f"COALESCE(HEX(CAST({quoted(column)} AS BINARY)), '-')")
    return {
        f"{schema}.{table}": "SELECT CONCAT(COUNT(*), ' ', HEX(COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2("
        f"CONCAT_WS(',', {', '.join(texts)}), 256), 16), 16, 10) AS UNSIGNED)), 0))) FROM {quoted(schema)}.{quoted(table)}"
        for (schema, table), texts in tables.items()
    }


def quoted(name):
    return "`" + name.replace("`", "``") + "`"
