"""What every table is made of: bound to no database, in SQLite's own words."""

from peewee import IntegerField, Model, SqliteDatabase

DIALECT = SqliteDatabase(None)


class IdField(IntegerField):
    """The integer primary key."""

    field_type = "INTEGER"

    def __init__(self) -> None:
        super().__init__(primary_key=True)


class Row(Model):
    """Base of all tables."""

    class Meta:
        database = DIALECT
        legacy_table_names = False
