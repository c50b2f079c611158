export * as AiSdkProvider from "./AiSdkProvider.ts"
export * as VideogenModel from "./VideogenModel.ts"
