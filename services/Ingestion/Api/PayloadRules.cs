using System.Globalization;
using Google.Protobuf.Collections;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Ingestion.Domain;
using Kind = Perennial.Common.V1.Event.PayloadOneofCase;

namespace Perennial.Ingestion.Api;

/// <summary>When what happened is told well enough for every reader of the log. Paths are built only for what is wrong.</summary>
internal static class PayloadRules
{
    const int ProductsMax = 10_000;
    const double QuantityMax = 1_000_000_000;

    public static void Check(Event e, Faults faults)
    {
        switch (e.PayloadCase)
        {
            case Kind.None:
                faults.Add("payload", "is required: what happened, for example order_completed or custom");
                break;
            case Kind.ShopConfigured:
                faults.Add("shop_configured", "is written by the log itself; use CreateShop");
                break;
            case Kind.CustomerReset:
                faults.Add("customer_reset", "is written by the log itself; use MergeCustomers or UnmergeCustomers");
                break;
            case Kind.CustomerErased:
                faults.Add("customer_erased", "is written by the log itself; use EraseCustomer");
                break;
            case Kind.CustomerAliased:
                EventRules.CheckWho(e.CustomerAliased.PreviousId, "customer_aliased.previous_id", faults);
                break;
            case Kind.OrderCompleted:
                Id(e.OrderCompleted.OrderId, "order_completed.order_id", faults);
                Amounts(e.OrderCompleted.Amounts, "order_completed.amounts", faults);
                Products(e.OrderCompleted.Products, "order_completed.products", faults);
                break;
            case Kind.OrderUpdated:
                Id(e.OrderUpdated.OrderId, "order_updated.order_id", faults);
                Amounts(e.OrderUpdated.Amounts, "order_updated.amounts", faults);
                Products(e.OrderUpdated.Products, "order_updated.products", faults);
                break;
            case Kind.OrderCancelled:
                Id(e.OrderCancelled.OrderId, "order_cancelled.order_id", faults);
                break;
            case Kind.OrderRefunded:
                Refund(e.OrderRefunded, faults);
                break;
            case Kind.CheckoutProgressed:
                OptionalId(e.CheckoutProgressed.OrderId, "checkout_progressed.order_id", faults);
                Amounts(e.CheckoutProgressed.Amounts, "checkout_progressed.amounts", faults);
                Products(e.CheckoutProgressed.Products, "checkout_progressed.products", faults);
                break;
            case Kind.CartChanged:
                Products(e.CartChanged.Products, "cart_changed.products", faults);
                break;
            case Kind.WishlistChanged:
                Product(e.WishlistChanged.Product, "wishlist_changed.product", faults);
                break;
            case Kind.ProductViewed:
                Product(e.ProductViewed.Product, "product_viewed.product", faults);
                break;
            case Kind.ProductListViewed:
                Products(e.ProductListViewed.Products, "product_list_viewed.products", faults);
                break;
            case Kind.ProductShared:
                Product(e.ProductShared.Product, "product_shared.product", faults);
                break;
            case Kind.ProductReviewed:
                OptionalId(e.ProductReviewed.ProductId, "product_reviewed.product_id", faults);
                Finite(e.ProductReviewed.Rating, "product_reviewed.rating", faults);
                break;
            case Kind.CouponChanged:
                OptionalId(e.CouponChanged.OrderId, "coupon_changed.order_id", faults);
                Amount(e.CouponChanged.Discount, "coupon_changed.discount", faults);
                break;
            case Kind.MessageEngaged:
                Chosen(e.MessageEngaged.Channel, "message_engaged.channel", faults);
                Chosen(e.MessageEngaged.Interaction, "message_engaged.interaction", faults);
                break;
            case Kind.SurveyAnswered:
                Finite(e.SurveyAnswered.Score, "survey_answered.score", faults);
                break;
            case Kind.ConsentChanged:
                Chosen(e.ConsentChanged.Channel, "consent_changed.channel", faults);
                break;
            case Kind.Custom:
                Id(e.Custom.Name, "custom.name", faults);
                break;
            default:
                // The rest is text that no reader takes for a key or an amount.
                break;
        }
    }

    static void Refund(OrderRefunded refund, Faults faults)
    {
        if (refund.OrderId.Length == 0 && refund.Total is null) faults.Add("order_refunded.order_id", "order_id or total is required: which order, or how much");
        OptionalId(refund.OrderId, "order_refunded.order_id", faults);
        Amount(refund.Total, "order_refunded.total", faults);
        Products(refund.Products, "order_refunded.products", faults);
    }

    static void Amounts(OrderAmounts? amounts, string path, Faults faults)
    {
        if (amounts is null) return;
        Amount(amounts.Subtotal, path, "subtotal", faults);
        Amount(amounts.Total, path, "total", faults);
        Amount(amounts.Revenue, path, "revenue", faults);
        Amount(amounts.Shipping, path, "shipping", faults);
        Amount(amounts.Tax, path, "tax", faults);
        Amount(amounts.Discount, path, "discount", faults);
    }

    static void Products(RepeatedField<Product> products, string path, Faults faults)
    {
        if (products.Count > ProductsMax) faults.Add(path, string.Create(CultureInfo.InvariantCulture, $"has {products.Count} entries, at most {ProductsMax} are taken"));
        for (var i = 0; i < products.Count; i++)
        {
            if (!IsGood(products[i])) Product(products[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), faults);
        }
    }

    // What Product() finds, without a path to say it: most products are good.
    static bool IsGood(Product product) => IsGoodId(product.ProductId) && IsGoodQuantity(product.Quantity) && AmountFault(product.Price) is null;

    static void Product(Product? product, string path, Faults faults)
    {
        if (product is null) return;
        OptionalId(product.ProductId, path, "product_id", faults);
        if (!IsGoodQuantity(product.Quantity)) faults.Add(path + ".quantity", "must be from 0 to 1,000,000,000");
        Amount(product.Price, path, "price", faults);
    }

    static bool IsGoodQuantity(double quantity) => quantity is >= 0 and <= QuantityMax;

    static bool IsGoodId(string id) => id.Length == 0 || Ids.Fault(id, Ids.LengthMax) is null;

    static void Id(string id, string field, Faults faults)
    {
        if (Ids.Fault(id, Ids.LengthMax) is { } fault) faults.Add(field, fault);
    }

    static void OptionalId(string id, string field, Faults faults)
    {
        if (id.Length > 0) Id(id, field, faults);
    }

    static void OptionalId(string id, string path, string name, Faults faults)
    {
        if (!IsGoodId(id)) Id(id, $"{path}.{name}", faults);
    }

    static void Amount(Money? money, string field, Faults faults)
    {
        if (AmountFault(money) is { } fault) faults.Add(field, fault);
    }

    static void Amount(Money? money, string path, string name, Faults faults)
    {
        if (AmountFault(money) is { } fault) faults.Add($"{path}.{name}", fault);
    }

    static string? AmountFault(Money? money) => money is null ? null : Domain.Amount.Fault(money.CurrencyCode, money.Units, money.Nanos);

    static void Finite(double value, string field, Faults faults) => faults.Require(double.IsFinite(value), field, "must be a finite number");

    static void Chosen<T>(T value, string field, Faults faults) where T : struct, Enum
        => faults.Require(Enum.IsDefined(value) && !value.Equals(default(T)), field, "is required, one of the named values");
}
