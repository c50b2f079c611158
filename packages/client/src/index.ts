export * as HttpTransport from "./HttpTransport.ts"
export * as Providers from "./Providers.ts"
export * as Veo from "./Veo.ts"
