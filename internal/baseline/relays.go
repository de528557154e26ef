package baseline

// defaultRelays are operators whose addresses do not tell where a person is, by
// their registered numbers: a cloud desktop is where its data centre is, a
// privacy relay or security proxy where it likes, and a satellite's traffic
// comes down wherever there is a station.
const defaultRelays = `
  - {value: 8075, note: "Microsoft: cloud desktops, service proxies"}
  - {value: 13335, note: "Cloudflare: WARP, iCloud Private Relay"}
  - {value: 36183, note: "Akamai: iCloud Private Relay"}
  - {value: 54113, note: "Fastly: iCloud Private Relay"}
  - {value: 22616, note: Zscaler}
  - {value: 53813, note: Zscaler}
  - {value: 62044, note: Zscaler}
  - {value: 55256, note: Netskope}
  - {value: 14593, note: "Starlink: ships, planes, remote places"}`
