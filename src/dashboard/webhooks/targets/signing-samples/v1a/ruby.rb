require "openssl"

# The key in the form that OpenSSL reads: a fixed head, then its 32 bytes.
KEY_HEAD = ["302a300506032b6570032100"].pack("H*")
PUBLIC_KEY = OpenSSL::PKey.read(KEY_HEAD + "whpk_PUBLIC_KEY".delete_prefix("whpk_").unpack1("m"))

# Call it as genuine?(request.env, request.raw_post), in Rack genuine?(env, env["rack.input"].read).
def genuine?(env, body)
  id = env["HTTP_WEBHOOK_ID"].to_s
  timestamp = env["HTTP_WEBHOOK_TIMESTAMP"].to_s
  return false if (Time.now.to_i - timestamp.to_i).abs > 300

  signed = "#{id}.#{timestamp}.".b + body.b
  env["HTTP_WEBHOOK_SIGNATURE"].to_s.split(" ").any? do |each|
    version, signature = each.split(",", 2)
    version == "v1a" && PUBLIC_KEY.verify(nil, signature.to_s.unpack1("m"), signed)
  rescue OpenSSL::PKey::PKeyError
    false
  end
end
