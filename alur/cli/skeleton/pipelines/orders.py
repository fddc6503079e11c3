"""From order files to cleaned orders."""

from contracts.bronze import OrdersBronze
from contracts.silver import Orders
from pyspark.sql import functions as F

from alur import files
from alur.decorators import pipeline


@pipeline(
    sources={"orders": files("orders/*.csv", schema=OrdersBronze)},
    target=OrdersBronze,
    mode="append",
)
def load_orders(orders):
    """Takes each order file once, as it is."""
    return orders


@pipeline(sources={"orders": OrdersBronze}, target=Orders)
def clean_orders(orders):
    """Drops cancelled orders: those with a quantity of 0."""
    return orders.filter(F.col("quantity") > 0).select(
        "order_id", "customer_id", "created_at", "quantity", "amount"
    )
