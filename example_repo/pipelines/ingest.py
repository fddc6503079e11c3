from contracts.bronze import OrdersBronze

from alur import files
from alur.decorators import pipeline
from alur.scheduling import schedule


@schedule(cron="rate(1 hour)", description="Take in new order files", scope="downstream")
@pipeline(
    sources={"orders": files("orders/*.csv", schema=OrdersBronze)},
    target=OrdersBronze,
    mode="append",
)
def load_orders(orders):
    """Takes each order file once, as it is."""
    return orders
