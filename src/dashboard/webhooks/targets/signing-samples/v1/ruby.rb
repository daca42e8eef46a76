require "openssl"

# Call it as genuine?(request.env, request.raw_post), in Rack genuine?(env, env["rack.input"].read).
def genuine?(env, body)
  secret = ENV.fetch("WEBHOOK_SECRET").delete_prefix("whsec_").unpack1("m")
  id = env["HTTP_WEBHOOK_ID"].to_s
  timestamp = env["HTTP_WEBHOOK_TIMESTAMP"].to_s
  return false if (Time.now.to_i - timestamp.to_i).abs > 300

  digest = OpenSSL::HMAC.digest("SHA256", secret, "#{id}.#{timestamp}.".b + body.b)
  expected = "v1,#{[digest].pack("m0")}"
  env["HTTP_WEBHOOK_SIGNATURE"].to_s.split(" ").any? do |each|
    each.bytesize == expected.bytesize && OpenSSL.fixed_length_secure_compare(each, expected)
  end
end
