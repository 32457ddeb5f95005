"""The documents that storefronts and plugins send about orders."""

AMOUNTS = """
fragment Amounts on Order { netAmounts {
  subtotal { amount currency } discount { amount } tax { amount } tip { amount }
  total { amount } paid { amount } refunded { amount } balance { amount } } }
"""

CREATE_PRODUCT = """
mutation CreateProduct($input: CreateProductInput!) { createProduct(input: $input) { product { id
  name status productType
  defaultVariant { id sku quantityAvailable availableForSale unitPrice { amount currency } } }
  userErrors { code message field } } }
"""

CREATE_ORDER = (
    AMOUNTS
    + """
mutation CreateOrder($input: CreateOrderInput!) { createOrder(input: $input) { order { id number
  status version source currency ...Amounts
  lineItems { id name quantity unitPrice { amount } gross { amount } discount { amount }
    tax { amount } net { amount } variant { id sku } } } userErrors { code message field } } }
"""
)

ADD_LINES = (
    AMOUNTS
    + """
mutation Lines($input: AddLineItemsInput!) { addLineItems(input: $input) { order { id ...Amounts }
  userErrors { code message field } } }
"""
)

UPDATE_LINE = (
    AMOUNTS
    + """
mutation Line($input: UpdateLineItemInput!) { updateLineItem(input: $input) {
  order { id ...Amounts } userErrors { code message field } } }
"""
)

REMOVE_LINES = (
    AMOUNTS
    + """
mutation Gone($input: RemoveLineItemsInput!) { removeLineItems(input: $input) {
  order { id ...Amounts } userErrors { code message field } } }
"""
)

CREATE_TAX_RATE = """
mutation TaxRate($input: CreateTaxRateInput!) { createTaxRate(input: $input) {
  taxRate { id name percent inclusive } userErrors { code message field } } }
"""

CREATE_COUPON = """
mutation Coupon($input: CreateCouponInput!) { createCoupon(input: $input) {
  coupon { id code status } userErrors { code message field } } }
"""

CREATE_CUSTOMER = """
mutation Customer($input: CreateCustomerInput!) { createCustomer(input: $input) {
  customer { id email name } userErrors { code message field } } }
"""

APPLY = (
    AMOUNTS
    + """
mutation Apply($input: ApplyCouponInput!) { applyCoupon(input: $input) { order { id
  appliedDiscounts { id couponCode applied { amount } status reason } ...Amounts }
  userErrors { code message field } } }
"""
)

UPDATE = """
mutation Update($input: UpdateOrderInput!) { updateOrder(input: $input) {
  order { id version customer { id } } userErrors { code message field } } }
"""

TIP = (
    AMOUNTS
    + """
mutation Tip($input: AddTipInput!) { addTip(input: $input) { order { id ...Amounts }
  userErrors { code message field } } }
"""
)

PAY = (
    AMOUNTS
    + """
mutation Pay($input: PayInput!, $key: String!) { pay(input: $input) @idempotent(key: $key) {
  order { id status paymentStatus ...Amounts }
  attempt { id status pendingActions { id type clientSecret redirectUrl } }
  userErrors { code message field retryable } } }
"""
)

REFUND = (
    AMOUNTS
    + """
mutation Refund($input: RefundInput!, $key: String!) {
  refund(input: $input) @idempotent(key: $key) {
  refund { id status amount { amount } } order { id status ...Amounts }
  userErrors { code message field } } }
"""
)

CLOSE = """
mutation Close($input: CloseOrderInput!) { closeOrder(input: $input) {
  order { id status } userErrors { code message field } } }
"""

ORDER = (
    AMOUNTS
    + """
query Order($id: ID!) { order(id: $id) { id number status paymentStatus refundStatus version
  nextActions ...Amounts lineItems { id name quantity variant { sku product { name } } }
  payments { id status amount { amount } } refunds { id status amount { amount } }
  customer { id email } activities(first: 20) { nodes { type description } } } }
"""
)
