"""Changing customers."""

import strawberry

from ordergraph.commerce.customers import registering
from ordergraph.graph.context import Context
from ordergraph.graph.customers.types import CreateCustomerInput, Customer
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.runtime.actor import Actor


@strawberry.type(description="What createCustomer answers.")
class CreateCustomerPayload(Payload):
    customer: Customer | None = strawberry.field(default=None, description="The new customer.")


async def create_customer(
    context: Context, actor: Actor, input: CreateCustomerInput
) -> CreateCustomerPayload:
    customer = await registering.create_customer(
        context.services.database,
        actor,
        registering.NewCustomer(
            email=input.email,
            name=input.name,
            phone=input.phone,
            shipping_address=input.shipping_address and input.shipping_address.read(),
            billing_address=input.billing_address and input.billing_address.read(),
            external_reference_id=input.external_reference_id,
            tax_exempt=input.tax_exempt,
            metadata=input.metadata or {},
        ),
    )
    return CreateCustomerPayload(customer=customer)  # pyright: ignore[reportArgumentType]


@strawberry.type
class CustomerMutations:
    create_customer = mutation(
        "customers.write", description="Register a customer; the e-mail address is unique."
    )(create_customer)
