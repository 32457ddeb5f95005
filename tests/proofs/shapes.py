"""The shapes of proofs: a dict for an object, a list for a list, a function for a value."""

import re
from collections.abc import Callable
from typing import Any

from tests.proofs.reckoning import Json, Wrong


def _whole(value: Any) -> bool:
    return type(value) is int


def _some(value: Any) -> bool:
    return type(value) is int and value >= 0


def _text(value: Any) -> bool:
    return type(value) is str


def _id(prefix: str) -> Callable[[Any], bool]:
    form = re.compile(prefix + "_[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}")
    return lambda value: type(value) is str and form.fullmatch(value) is not None


def _bool(value: Any) -> bool:
    return type(value) is bool


def _percent(value: Any) -> bool:
    if type(value) is not str or not re.fullmatch(r"(0|[1-9]\d?|100)(\.\d{0,3}[1-9])?", value):
        return False
    return not value.startswith("100.")


def _instant(value: Any) -> bool:
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    return type(value) is str and re.fullmatch(form, value, re.ASCII) is not None


def _or_null(shape: Any) -> Any:
    return (shape,)


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and value in words


def require_shape(place: str, shape: Any, value: Any) -> None:
    """Require a value to have a shape."""
    if isinstance(shape, tuple):
        if value is not None:
            require_shape(place, shape[0], value)
    elif isinstance(shape, dict):
        if type(value) is not dict or value.keys() != shape.keys():
            raise Wrong(f"{place}: another object expected")
        for name, inner in shape.items():
            require_shape(name, inner, value[name])
    elif isinstance(shape, list):
        if type(value) is not list:
            raise Wrong(f"{place}: a list expected")
        for entry in value:
            require_shape(place, shape[0], entry)
    elif not shape(value):
        raise Wrong(f"{place}: {value!r} is not what belongs here")


_CATEGORY = _one_of(
    *("GENERAL", "PHYSICAL_GOODS", "DIGITAL_GOODS", "SOFTWARE", "SAAS", "SERVICES"),
    *("PROFESSIONAL_SERVICES", "FOOD", "PREPARED_FOOD", "CLOTHING", "MEDICAL_GOODS", "ADMISSION"),
)
_TYPE = _one_of("SALES_TAX", "USE_TAX", "VAT", "GST", "RETAIL_DELIVERY_FEE")


def _part(prefix: str, **members: Any) -> Json:
    return {"id": _id(prefix), "name": _or_null(_text), **members}


_UNDOING = {
    "returned": _some,
    "lines": [
        dict.fromkeys(("quantity", "gross", "discount", "tax", "includedTax"), _some)
        | {"id": _id("li")}
    ],
    "charges": [{"id": _id("chg"), "amount": _some, "tax": _some, "includedTax": _some}],
    "tips": [{"id": _id("tip"), "amount": _some}],
    "flatTax": _some,
}
_INPUTS = {
    "lines": [
        _part(
            "li",
            position=_some,
            quantity=_some,
            unitPrice=_some,
            modifiers=[{"delta": _whole, "quantity": _some, "taxable": _or_null(_bool)}],
            taxable=_bool,
            taxCategory=_CATEGORY,
        )
    ],
    "discounts": [
        _part(
            "odi",
            scope=_one_of("LINE_ITEM", "ORDER"),
            percent=_or_null(_percent),
            amount=_or_null(_some),
            allocation=_or_null(_one_of("EACH", "ACROSS")),
            appliedAt=_instant,
            eligibleLines=_or_null([_id("li")]),
        )
    ],
    "taxes": [
        _part("txb")
        | {
            "name": _text,
            "type": _TYPE,
            "jurisdiction": _or_null(
                dict.fromkeys(("level", "code", "country", "region", "name"), _or_null(_text))
            ),
            "percent": _percent,
            "inclusive": _bool,
            "appliesTo": _or_null([_id("(li|chg)")]),
            "stated": _or_null(_some),
        }
    ],
    "flatTaxes": [_part("txb", amount=_some) | {"name": _text}],
    "charges": [
        _part(
            "chg",
            amount=_or_null(_some),
            percent=_or_null(_percent),
            basis=_one_of("SUBTOTAL_PRE_DISCOUNT", "SUBTOTAL_POST_DISCOUNT"),
            taxable=_bool,
            taxCategory=_CATEGORY,
        )
    ],
    "tips": [_part("tip", amount=_or_null(_some), percent=_or_null(_percent))],
    "taxRounding": _one_of("ORDER", "LINE"),
    "tipLimit": _some,
}
_SHARES = _or_null([{"of": _text, "share": _whole}])
_ORDER = {"id": _id("ord"), "number": _or_null(_text), "version": _whole, "currency": _text}


def _anything(_: Any) -> bool:
    """What is compared with what it must be needs no shape."""
    return True


PROOF = dict.fromkeys(("steps", "amounts", "net", "differences", "digest"), _anything) | {
    "format": _one_of("ordergraph-proof/1"),
    "order": _ORDER | {"status": _text, "computedAt": _instant},
    "inputs": _INPUTS,
    "figures": dict.fromkeys(("lines", "flatTaxes", "charges", "tips"), _anything)
    | {
        "discounts": [{"id": _text, "amount": _whole, "applied": _whole, "shares": _SHARES}],
        "taxes": [{"id": _text, "taxable": _whole, "tax": _whole, "shares": _SHARES}],
    },
    "money": {
        "everPaid": _bool,
        "payments": [{"id": _id("pay"), "amount": _some}],
        "refunds": [
            {
                "id": _id("ref"),
                "status": _text,
                "amount": _whole,
                "counted": _whole,
                "reversal": _UNDOING,
                "takenBack": _UNDOING,
            }
        ],
    },
    "consistent": _bool,
}
