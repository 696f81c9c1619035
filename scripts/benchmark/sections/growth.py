"""How lists, searches and totals grow with the table: calls of the library on every desk."""

import itertools
from collections.abc import Mapping
from datetime import timedelta

from cstar_core import Workspace
from scripts.benchmark.data import FIRST, RARE_REGION, SEATS_MAX, SPAN
from scripts.benchmark.desks import Desk
from scripts.benchmark.operations import PAGE_SIZE
from scripts.benchmark.section import Bench, Results, Section
from scripts.benchmark.sections.core import time_rooms
from scripts.benchmark.timing import Job

OPERATIONS = {
    "first_page": "first page, no filter",
    "deep_page": "page 10,000 by number, or the last",
    "deep_cursor": "on from a cursor near the end",
    "oldest_first": "first page, oldest first",
    "by_number": "sorted by number",
    "by_updated": "sorted by updatedAt",
    "by_priority": "sorted by priority",
    "status_priority": "status and priority",
    "several_statuses": "three statuses",
    "common_tag": "a common tag",
    "rare_tag": "a rare tag",
    "rare_tag_updated": "a rare tag, sorted by updatedAt",
    "two_tags": "two common tags",
    "common_value": "a common field value",
    "rare_value": "a rare field value",
    "value_range": "a range of a number field (2 %)",
    "busy_customer": "the tickets of a customer with many",
    "assigned": "the open tickets of a member",
    "recent_days": "the last 30 days",
    "combined": "status, tag and field value",
    "combined_rare": "status, rare tag and member",
    "search_everywhere": "search a word in nearly every ticket",
    "search_common": "search a very common word",
    "search_rare": "search a rare word",
    "search_none": "search a word that no ticket has",
    "search_two": "search two common words",
    "search_common_rare": "search a common and a rare word",
    "search_phrase": "search a phrase",
    "search_exclude": "search a rare word without a common one",
    "search_prefix": "search a beginning of two letters",
    "search_filtered": "search a common word, one status",
    "search_updated": "search a rare word, sorted by updatedAt",
    "search_relevance": "search a common word, by relevance",
    "customers_search": "search a customer",
}


def run(bench: Bench) -> Results:
    """Time each list on every desk in turns."""
    bench.progress.step("lists, searches and totals as they grow")
    return {"growth": time_rooms(bench, SECTION.operations, _jobs)}


def _jobs(workspace: Workspace, desk: Desk) -> Mapping[str, Job]:
    return {**_orders(workspace, desk), **_filters(workspace, desk), **_searches(workspace, desk)}


def _orders(workspace: Workspace, desk: Desk) -> Mapping[str, Job]:
    list_tickets = workspace.tickets.list
    deep = desk.material.deep_page
    near_end = max(1, desk.tickets // PAGE_SIZE * 9 // 10)
    cursor = list_tickets(page=near_end).next_cursor
    return {
        "first_page": lambda: list_tickets(),
        "deep_page": lambda: list_tickets(page=deep),
        "deep_cursor": lambda: list_tickets(cursor=cursor),
        "oldest_first": lambda: list_tickets(sort="created_at"),
        "by_number": lambda: list_tickets(sort="-number"),
        "by_updated": lambda: list_tickets(sort="-updated_at"),
        "by_priority": lambda: list_tickets(sort="-priority"),
    }


def _filters(workspace: Workspace, desk: Desk) -> Mapping[str, Job]:
    list_tickets = workspace.tickets.list
    common, second, rare = desk.data.tags[0], desk.data.tags[1], desk.data.rare_tag
    member = workspace.members.list().items[0].id
    customer = workspace.customers.list(sort="created_at", page_size=1).items[0].id
    recently = FIRST + SPAN - timedelta(days=30)
    seats = {"seats": {"gte": SEATS_MAX - SEATS_MAX // 50}}
    return {
        "status_priority": lambda: list_tickets(status="open", priority="normal"),
        "several_statuses": lambda: list_tickets(status=("new", "open", "pending")),
        "common_tag": lambda: list_tickets(tags=common),
        "rare_tag": lambda: list_tickets(tags=rare),
        "rare_tag_updated": lambda: list_tickets(tags=rare, sort="-updated_at"),
        "two_tags": lambda: list_tickets(tags=(common, second)),
        "common_value": lambda: list_tickets(custom_fields={"region": "EU"}),
        "rare_value": lambda: list_tickets(custom_fields={"region": RARE_REGION}),
        "value_range": lambda: list_tickets(custom_fields=seats),
        "busy_customer": lambda: list_tickets(customer_id=customer),
        "assigned": lambda: list_tickets(assigned_to=member, status="open"),
        "recent_days": lambda: list_tickets(created_after=recently),
        "combined": lambda: list_tickets(
            status="open", tags=common, custom_fields={"region": "EU"}
        ),
        "combined_rare": lambda: list_tickets(status="open", tags=rare, assigned_to=member),
    }


def _searches(workspace: Workspace, desk: Desk) -> Mapping[str, Job]:
    list_tickets = workspace.tickets.list
    everywhere, common, other = desk.data.words[0], desk.data.words[10], desk.data.words[11]
    prefix = common[:2]
    rare = itertools.cycle(desk.data.rare_words)
    absent = itertools.cycle(desk.data.absent_words)
    return {
        "search_everywhere": lambda: list_tickets(search=f'"{everywhere}"'),
        "search_common": lambda: list_tickets(search=common),
        "search_rare": lambda: list_tickets(search=next(rare)),
        "search_none": lambda: list_tickets(search=next(absent)),
        "search_two": lambda: list_tickets(search=f"{common} {other}"),
        "search_common_rare": lambda: list_tickets(search=f"{common} {next(rare)}"),
        "search_phrase": lambda: list_tickets(search=f'"{common} {other}"'),
        "search_exclude": lambda: list_tickets(search=f"{next(rare)} -{everywhere}"),
        "search_prefix": lambda: list_tickets(search=prefix),
        "search_filtered": lambda: list_tickets(search=common, status="open"),
        "search_updated": lambda: list_tickets(search=next(rare), sort="-updated_at"),
        "search_relevance": lambda: list_tickets(search=common, sort="relevance"),
        "customers_search": lambda: workspace.customers.list(search="customer77@example.com"),
    }


SECTION = Section("growth", "lists, searches and totals on every desk", run, tuple(OPERATIONS))
