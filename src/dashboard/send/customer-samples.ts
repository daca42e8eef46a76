/** Samples of what concerns customers: payments, orders, contacts, messages. */
import { newId } from "../../lib/ids.ts";
import { CUSTOMER, iso, JSON_TYPE, json, type Sample, seconds } from "./sample.ts";

export const CUSTOMER_SAMPLES: readonly Sample[] = [
  {
    id: "hubspot",
    label: "HubSpot: contact created",
    provider: "hubspot",
    headers: [JSON_TYPE, ["User-Agent", "HubSpot Connect 2.0"]],
    body: json((now) => [
      {
        eventId: now,
        subscriptionId: 1160452,
        portalId: 62515,
        occurredAt: now,
        subscriptionType: "contact.creation",
        attemptNumber: 0,
        objectId: 123,
        changeSource: "CRM",
      },
    ]),
  },
  {
    id: "paypal",
    label: "PayPal: capture completed",
    provider: "paypal",
    headers: [JSON_TYPE, ["User-Agent", "PayPal/AUHD-sample"]],
    body: json((now) => ({
      id: `WH-${newId()}`,
      event_version: "1.0",
      create_time: iso(now),
      resource_type: "capture",
      event_type: "PAYMENT.CAPTURE.COMPLETED",
      summary: "Payment completed for EUR 120.00",
      resource: {
        id: "7NW873794T343360M",
        status: "COMPLETED",
        amount: { currency_code: "EUR", value: "120.00" },
      },
    })),
  },
  {
    id: "sendgrid",
    label: "SendGrid: delivered",
    provider: "sendgrid",
    headers: [JSON_TYPE, ["User-Agent", "SendGrid Event API"]],
    body: json((now) => [
      {
        email: CUSTOMER.email,
        timestamp: seconds(now),
        "smtp-id": `<${newId()}@example.com>`,
        event: "delivered",
        category: ["receipt"],
        sg_event_id: newId(),
        sg_message_id: "14c5d75ce93.dfd.64b469",
        response: "250 OK",
      },
    ]),
  },
  {
    id: "shopify",
    label: "Shopify: order paid",
    provider: "shopify",
    headers: [
      JSON_TYPE,
      ["X-Shopify-Topic", "orders/paid"],
      ["X-Shopify-Shop-Domain", "example.myshopify.com"],
    ],
    body: json((now) => ({
      id: now,
      name: "#4711",
      email: CUSTOMER.email,
      created_at: iso(now),
      currency: "EUR",
      total_price: "120.00",
      financial_status: "paid",
      customer: { id: 207119551, first_name: "Ada", last_name: "Lovelace" },
      line_items: [{ id: 466157049, title: "Notebook", quantity: 2, price: "60.00", sku: "NB-1" }],
    })),
  },
  {
    id: "standard-webhooks",
    label: "Standard Webhooks: user created",
    provider: "standard-webhooks",
    headers: [JSON_TYPE],
    body: json((now) => ({ type: "user.created", timestamp: iso(now), data: { id: newId(), ...CUSTOMER } })),
  },
  {
    id: "stripe",
    label: "Stripe: payment succeeded",
    provider: "stripe",
    headers: [
      ["Content-Type", "application/json; charset=utf-8"],
      ["User-Agent", "Stripe/1.0"],
    ],
    body: json((now) => ({
      id: `evt_${newId().replaceAll("-", "")}`,
      object: "event",
      api_version: "2025-09-30.clover",
      created: seconds(now),
      type: "payment_intent.succeeded",
      livemode: false,
      pending_webhooks: 1,
      data: {
        object: {
          id: "pi_3MtwBwLkdIwHu7ix28a3tqPa",
          object: "payment_intent",
          amount: 12000,
          currency: "eur",
          status: "succeeded",
          receipt_email: CUSTOMER.email,
        },
      },
    })),
  },
  {
    id: "twilio",
    label: "Twilio: message received",
    provider: "twilio",
    headers: [
      ["Content-Type", "application/x-www-form-urlencoded"],
      ["User-Agent", "TwilioProxy/1.1"],
    ],
    body: () =>
      String(
        new URLSearchParams({
          MessageSid: `SM${newId().replaceAll("-", "")}`,
          AccountSid: `AC${"0".repeat(32)}`,
          From: "+14155550123",
          To: "+14155550100",
          Body: "Hello from a phone",
          NumMedia: "0",
          SmsStatus: "received",
        }),
      ),
  },
];
